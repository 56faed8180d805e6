import assert from 'node:assert/strict'
import { gpusIn, noGpuIn, processesIn, remarksIn } from '../../../activities/ai-server/gpu-lines.ts'

describe('the lines of nvidia-smi', () => {
  it('are read with figures, and with nothing where it knows none', () => {
    const output = [
      '# stand-in: this machine has no GPU',
      '0, NVIDIA H100 80GB HBM3, 550.54.15, 34, 97, 79000, 81559, 0, P0',
      '1, NVIDIA GeForce RTX 4090, 550.54.15, 41, [N/A], 100, 24564, [N/A], [Unknown Error]',
      '',
    ].join('\n')
    const [first, second] = gpusIn(output)
    assert.deepEqual(first, {
      index: 0,
      name: 'NVIDIA H100 80GB HBM3',
      driver: '550.54.15',
      celsius: 34,
      usedPercent: 97,
      memoryUsedMib: 79_000,
      memoryTotalMib: 81_559,
      eccUncorrected: 0,
      powerState: 'P0',
    })
    assert.deepEqual([second?.usedPercent, second?.eccUncorrected, second?.powerState], [null, null, null])
    assert.deepEqual(remarksIn(output), ['# stand-in: this machine has no GPU'])
  })

  it('tell who uses the memory, whatever the name of the program', () => {
    assert.deepEqual(processesIn('4242, /usr/bin/python3 serve,a, 77000\n7, [Not Found], [N/A]\n'), [
      { pid: 4242, name: '/usr/bin/python3 serve,a', memoryMib: 77_000 },
      { pid: 7, name: '[Not Found]', memoryMib: null },
    ])
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
