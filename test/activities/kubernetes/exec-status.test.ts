import assert from 'node:assert/strict'
import {
  endOf,
  isNotFound,
  isNotRunning,
  isToldNotFound,
} from '../../../activities/kubernetes/containers/exec-status.ts'

describe('the status that ends a program', () => {
  it('holds the exit code as a cause, or only in words', () => {
    assert.equal(endOf({ status: 'Success' }), 0)
    const caused = {
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: 'command terminated with non-zero exit code: exit status 1',
      details: { causes: [{ reason: 'ExitCode', message: '7' }] },
    }
    assert.equal(endOf(caused), 7)
    const said = 'Internal error occurred: error executing command in container: exit status 7'
    assert.equal(endOf({ status: 'Failure', reason: 'InternalError', message: said }), 7)
    assert.equal(endOf({ status: 'Failure', message: 'command terminated with exit code 137' }), 137)
    const killed = 'error executing command in container: cmd wait: sh -c sleep 9: signal: killed'
    assert.equal(endOf({ status: 'Failure', message: killed }), 137)
    assert.equal(endOf({ status: 'Failure', message: 'container not found ("web")' }), undefined)
  })

  it('tells a program that is not there from one that failed', () => {
    const containerd =
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "nvidia-smi": executable file not found in $PATH: unknown'
    assert.equal(isNotFound(containerd), true)
    assert.equal(isNotFound('exec: "/bin/x": stat /bin/x: no such file or directory: unknown'), true)
    const told = (exit: number, stderr: string, says = 'command terminated with exit code 127') =>
      isToldNotFound({ exit, says, stdout: '', stderr })
    assert.equal(told(127, 'sh: 1: nope: not found'), false)
    assert.equal(told(127, containerd), true)
    assert.equal(told(127, '', containerd), true)
    const kwok = 'cmd wait: grep exec: "a": executable file not found in $PATH: exit status 1'
    assert.equal(endOf({ status: 'Failure', message: kwok }), 1)
    assert.equal(told(1, kwok, kwok), false)
    assert.equal(isNotRunning('container not found ("web")'), true)
    assert.equal(isNotRunning('cannot exec in a stopped state'), true)
  })
})
