// The public API of the executor, and what bundles need of it: cornichon/executor.
import { registerOwnModule } from '../serializer/pickle/connect.ts'
import { ActorHandleBase, ActorMethod, handleFrom } from './actors.ts'
import { CarriedEnv, environmentFrom } from './environments.ts'
import { taskErrorFrom } from './errors.ts'
import * as api from './public.ts'
import { refFrom } from './refs.ts'
import {
  directCall,
  directClassCall,
  RemoteClassBase,
  RemoteClassCore,
  RemoteFunctionBase,
  RemoteFunctionCore,
} from './remote.ts'

export * from './public.ts'

/** What refs, handles and remote functions are made of, in bundles: by reference, as the API itself. */
const parts = {
  ActorHandleBase,
  ActorMethod,
  CarriedEnv,
  environmentFrom,
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
