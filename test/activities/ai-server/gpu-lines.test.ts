import assert from 'node:assert/strict'
import { gpusIn, noGpuIn, processesIn, remarksIn } from '../../../activities/ai-server/gpu-lines.ts'
import { allProcesses, overviewIn } from '../../../activities/ai-server/gpu-overview.ts'

describe('the lines of nvidia-smi', () => {
  it('are read with figures, and with nothing where it knows none', () => {
    const output = [
      '# stand-in: this machine has no GPU',
      '0, NVIDIA H100 80GB HBM3, 00000000:18:00.0, 550.54.15, Enabled, Disabled, [N/A], 34, P0, 118.52, 700.00, 97, 79000, 81559, 0, Default, Disabled',
      '1, NVIDIA GeForce RTX 4090, 00000000:19:00.0, 550.54.15, Disabled, Enabled, 30, 41, [Unknown Error], 22.10, 450.00, [N/A], 100, 24564, [N/A], Default, [N/A]',
      '',
    ].join('\n')
    const [first, second] = gpusIn(output)
    assert.deepEqual(first, {
      index: 0,
      name: 'NVIDIA H100 80GB HBM3',
      busId: '00000000:18:00.0',
      driver: '550.54.15',
      persistence: 'Enabled',
      display: 'Disabled',
      fanPercent: null,
      celsius: 34,
      powerState: 'P0',
      powerWatts: 118.52,
      powerLimitWatts: 700,
      usedPercent: 97,
      memoryUsedMib: 79_000,
      memoryTotalMib: 81_559,
      eccUncorrected: 0,
      computeMode: 'Default',
      mig: 'Disabled',
    })
    assert.deepEqual([second?.usedPercent, second?.eccUncorrected, second?.powerState], [null, null, null])
    assert.deepEqual([second?.fanPercent, second?.powerWatts, second?.mig], [30, 22.1, null])
    assert.deepEqual(remarksIn(output), ['# stand-in: this machine has no GPU'])
  })

  it('tell who uses the memory, whatever the name of the program', () => {
    assert.deepEqual(processesIn('4242, /usr/bin/python3 serve,a, 77000\n7, [Not Found], [N/A]\n'), [
      { pid: 4242, name: '/usr/bin/python3 serve,a', memoryMib: 77_000 },
      { pid: 7, name: '[Not Found]', memoryMib: null },
    ])
  })

  it('of the bare command hold versions and processes of every type, with GI and CI and without', () => {
    const { processes, ...versions } = overviewIn(
      [
        '| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |',
        '|   0  NVIDIA L4                      On  |   00000000:00:04.0 Off |                    0 |',
        '| N/A   41C    P0             31W /   72W |    9216MiB /  23034MiB |     12%      Default |',
        '|    0   N/A  N/A      4242      C   ...very/long/path/to/ai server        9011MiB |',
        '|    1    3    0          7      G   /usr/lib/xorg/Xorg                        N/A |',
        '|    0      1201    C+G   python3                                           17MiB |',
      ].join('\n'),
    )
    assert.deepEqual(versions, { smi: '550.54.15', cuda: '12.4' })
    assert.deepEqual(
      processes.map(({ gpu, instance, pid, type, memoryMib }) => [gpu, instance, pid, type, memoryMib]),
      [
        [0, null, 4242, 'C', 9011],
        [1, '3/0', 7, 'G', null],
        [0, null, 1201, 'C+G', 17],
      ],
    )
    const computing = [
      { pid: 4242, name: '/a/very/long/path/to/ai server', memoryMib: 9011 },
      { pid: 5, name: 'gone', memoryMib: null },
    ]
    assert.deepEqual(
      allProcesses(processes, computing).map(({ pid, name }) => [pid, name]),
      [
        [4242, '/a/very/long/path/to/ai server'],
        [7, '/usr/lib/xorg/Xorg'],
        [1201, 'python3'],
        [5, 'gone'],
      ],
    )
  })

  it('say why there is no GPU, and a failure of another sort is none of that', () => {
    for (const words of [
      'No devices were found',
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
      'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.90',
      'Unable to determine the device handle for GPU0000:41:00.0: GPU is lost.  Reboot the system to recover this GPU',
    ]) {
      assert.equal(noGpuIn(`\n${words}\n`), words.split('\n')[0])
      assert.deepEqual(gpusIn(words), [])
    }
    assert.equal(noGpuIn('Field "pstates" is not a valid field to query.'), undefined)
  })
})
