// The public API of the executor, and nothing else: cornichon/executor.
import { registerOwnModule } from '../serializer/pickle/connect.ts'
import { ActorHandleBase, ActorMethod, handleFrom } from './actors.ts'
import { cancel, describeExecutor, free, get, getActor, kill, put, runOnAllWorkers, wait } from './api.ts'
import { currentTask } from './context.ts'
import {
  ActorDiedError,
  ExecutorError,
  GetTimeoutError,
  ObjectLostError,
  ShutdownError,
  TaskCancelledError,
  TaskError,
  TaskTimeoutError,
  taskErrorFrom,
  WorkerCrashedError,
} from './errors.ts'
import { ObjectRef, refFrom } from './refs.ts'
import {
  directCall,
  directClassCall,
  RemoteClassBase,
  RemoteClassCore,
  RemoteFunctionBase,
  RemoteFunctionCore,
  remote,
} from './remote.ts'
import { init, isInitialized, shutdown } from './start.ts'
import { transfer } from './transfer.ts'

export type { TaskContext } from './context.ts'
export type { TaskPlace } from './errors.ts'
export type { Description } from './executor.ts'
export type { ActorRemoteOptions, InitOptions, LogLine, MethodOptions, RemoteOptions } from './options.ts'
export type { ActorHandle, RemoteClass, RemoteFunction, RemoteMethod } from './types.ts'

const api = {
  ActorDiedError,
  cancel,
  currentTask,
  describeExecutor,
  ExecutorError,
  free,
  GetTimeoutError,
  get,
  getActor,
  init,
  isInitialized,
  kill,
  ObjectLostError,
  ObjectRef,
  put,
  remote,
  runOnAllWorkers,
  ShutdownError,
  shutdown,
  TaskCancelledError,
  TaskError,
  TaskTimeoutError,
  transfer,
  WorkerCrashedError,
  wait,
}

export {
  ActorDiedError,
  cancel,
  currentTask,
  describeExecutor,
  ExecutorError,
  free,
  GetTimeoutError,
  get,
  getActor,
  init,
  isInitialized,
  kill,
  ObjectLostError,
  ObjectRef,
  put,
  remote,
  runOnAllWorkers,
  ShutdownError,
  shutdown,
  TaskCancelledError,
  TaskError,
  TaskTimeoutError,
  transfer,
  WorkerCrashedError,
  wait,
}

/** What refs, handles and remote functions are made of, in bundles: by reference, as the API itself. */
const parts = {
  ActorHandleBase,
  ActorMethod,
  directCall,
  directClassCall,
  handleFrom,
  RemoteClassBase,
  RemoteClassCore,
  RemoteFunctionBase,
  RemoteFunctionCore,
  refFrom,
  taskErrorFrom,
}

// A task that uses the executor finds the one of the worker that runs it.
registerOwnModule('cornichon/executor', { ...api, ...parts }, import.meta.url)
