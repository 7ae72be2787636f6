// What `cornichon/executor` exports.
export { RuntimeEnvSetupError } from '../runtime-env/errors.ts'
export { cancel, describeExecutor, free, get, getActor, kill, put, runOnAllWorkers, wait } from './api.ts'
export { currentTask, type TaskContext } from './context.ts'
export {
  ActorDiedError,
  ExecutorError,
  GetTimeoutError,
  ObjectLostError,
  ShutdownError,
  TaskCancelledError,
  TaskError,
  type TaskPlace,
  TaskTimeoutError,
  WorkerCrashedError,
} from './errors.ts'
export type { Description } from './executor.ts'
export type { ActorRemoteOptions, InitOptions, LogLine, MethodOptions, RemoteOptions } from './options.ts'
export { ObjectRef } from './refs.ts'
export { remote } from './remote.ts'
export { init, isInitialized, shutdown } from './start.ts'
export { transfer } from './transfer.ts'
export type { ActorHandle, RemoteClass, RemoteFunction, RemoteMethod } from './types.ts'
