// The loader of Node's main context, for import() in code that is rebuilt. Node says once that it is experimental, when an
// import() uses it first: that is for those to know who use it, and not for their users.
import vm from 'node:vm'
import { Promise, process } from '../globals.ts'
import { ReflectApply, ReflectDefineProperty, ReflectGetOwnPropertyDescriptor } from '../primordials.ts'

const { USE_MAIN_CONTEXT_DEFAULT_LOADER } = vm.constants
const { then } = Promise.prototype

let wasSaid = false

/** What a script's `importModuleDynamically` is to be. */
export function mainLoader(): typeof USE_MAIN_CONTEXT_DEFAULT_LOADER {
  if (!wasSaid) {
    wasSaid = true
    saySilently()
  }
  return USE_MAIN_CONTEXT_DEFAULT_LOADER
}

function saySilently(): void {
  const own = ReflectGetOwnPropertyDescriptor(process, 'emitWarning')
  // Where it can't be put back as it was, the user hears of it.
  if (own?.configurable !== true) return
  ReflectDefineProperty(process, 'emitWarning', { configurable: true, value: silent })
  try {
    const script = new vm.Script(`import('node:module')`, {
      importModuleDynamically: USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    // A loader of the user's may refuse.
    ReflectApply(then, script.runInThisContext(), [silent, silent])
  } catch {
    // Said or not: nothing depends on it.
  } finally {
    ReflectDefineProperty(process, 'emitWarning', own)
  }
}

function silent(): void {}
