// Ends a program with all that it has started. It has to lead a group of its own (spawned with `detached`), which is
// what the signal goes to: a process id alone may be another program's by now.
import { spawnSync } from 'node:child_process'

export function killTree(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true })
    return
  }
  try {
    process.kill(-pid, signal)
  } catch {
    // All of it has ended.
  }
}
