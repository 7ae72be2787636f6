// Events and their targets (the DOM standard). Who listens is code of this process's that it may call at any time, so
// what has listeners is refused. A signal that is not aborted comes back as one that is not aborted yet; its controller,
// if that is in the graph too, aborts it.

import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { branded, hasBrand } from './brand.ts'
import { getterOf, isNearest, keptUnder, lateGlobal, nodesKeys, symbolKey } from './platform.ts'
import type { BuiltinReducer, ValueSink } from './types.ts'

const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect
const Target = EventTarget
const EventClass = Event
const CustomEventClass = lateGlobal<CustomEvent>('internal/event_target', 'CustomEvent')
const Controller = AbortController
const Signal = AbortSignal
const mapForEach = Map.prototype.forEach
const preventDefault = Event.prototype.preventDefault
const stopPropagation = Event.prototype.stopPropagation
const abort = AbortController.prototype.abort
const signalOf = getterOf(AbortController.prototype, 'signal')
const aborted = getterOf(AbortSignal.prototype, 'aborted')
const reasonOf = getterOf(AbortSignal.prototype, 'reason')
const typeOf = getterOf(Event.prototype, 'type')
const targetOf = getterOf(Event.prototype, 'target')
const FLAGS = (['bubbles', 'cancelable', 'composed', 'defaultPrevented', 'cancelBubble'] as const).map(
  (name) => getterOf(Event.prototype, name),
)

const targetKeys = nodesKeys(
  ...['kEvents', 'events.maxEventTargetListeners', 'events.maxEventTargetListenersWarned', 'kHandlers'],
  ...['kAborted', 'kReason', 'kComposite', 'kDependantSignals', 'kSourceSignals', 'kTimeout'],
  ...['kResultSignalWeakRef', 'kFollowing'],
)

function refuseListeners(value: object, name: string, sink: ValueSink): void {
  // Node 26 makes the map for the first listener.
  const listeners = keptUnder(value, 'kEvents')
  if (!types.isMap(listeners)) return
  apply(mapForEach, listeners, [
    (root: { readonly size: number }, type: unknown) => {
      if (root.size > 0)
        sink.refuse(
          `${name} has listeners for '${String(type)}', which no copy could tell what to do`,
          'Pickle it without listeners, and add them where it is needed',
        )
    },
  ])
}

const eventTarget: BuiltinReducer<EventTarget> = {
  name: 'EventTarget',
  // Node's own targets are handles of all kinds.
  matches: (value) => symbolKey(value, 'kEvents') !== undefined && isNearest(value, Target.prototype),
  prototypes: () => [Target.prototype],
  byBrand: true,
  prototype: () => Target.prototype,
  write: (value, sink) => refuseListeners(value, 'the EventTarget', sink),
  create: () => new Target(),
  ownKeys: targetKeys,
}

/** Each signal that was loaded is its controller's own. */
const controllers = new WeakMap<object, AbortController>()

const abortSignal: BuiltinReducer<AbortSignal> = {
  name: 'AbortSignal',
  ...branded(
    () => Signal,
    () => aborted,
  ),
  write(value, sink) {
    if (apply(aborted, value, [])) return
    if (symbolKey(value, 'kTimeout'))
      sink.refuse(
        'an AbortSignal with a timeout waits for a timer of this process',
        'Call AbortSignal.timeout() where it is needed',
      )
    if (keptUnder(value, 'kComposite') === true)
      sink.refuse(
        'an AbortSignal of AbortSignal.any() follows others, which a copy would not',
        'Pickle the signals, and call AbortSignal.any() where it is needed',
      )
    refuseListeners(value, 'the AbortSignal', sink)
  },
  create() {
    const controller = new Controller()
    const signal = apply(signalOf, controller, []) as AbortSignal
    controllers.set(signal, controller)
    return signal
  },
  writeContent(value, sink) {
    const is = apply(aborted, value, []) as boolean
    sink.byte(is ? 1 : 0)
    if (!is) return
    sink.step('slot', 'AbortReason')
    sink.value(apply(reasonOf, value, []))
  },
  readContent(value, source) {
    if (source.byte() === 1) apply(abort, controllers.get(value)!, [source.value()])
  },
  ownKeys: targetKeys,
}

const abortController: BuiltinReducer<AbortController> = {
  name: 'AbortController',
  ...branded(
    () => Controller,
    () => signalOf,
  ),
  write(value, sink) {
    sink.step('slot', 'AbortSignal')
    sink.value(apply(signalOf, value, []))
  },
  create(source) {
    const controller = controllers.get(source.value() as object)
    if (!controller) throw new UnpicklingError('the bundle is damaged: a controller has no signal')
    return controller
  },
}

const event: BuiltinReducer<Event> = {
  name: 'Event',
  matches: (value) => isEvent(value) && isNearest(value, EventClass.prototype),
  prototypes: () => [EventClass.prototype],
  byBrand: true,
  prototype: () => EventClass.prototype,
  write: writeEvent,
  create: (source) => madeEvent(EventClass, source.string(), source.byte()),
  ownKeys: nodesKeys('type', 'kTarget', 'kIsBeingDispatched', 'kInPassiveListener'),
}

const customEvent: BuiltinReducer<CustomEvent> = {
  name: 'CustomEvent',
  matches: (value) => isEvent(value) && isNearest(value, CustomEventClass()!.prototype),
  prototypes: (isThorough) => [CustomEventClass.expected(isThorough)],
  byBrand: true,
  prototype: () => CustomEventClass()!.prototype,
  write: writeEvent,
  create: (source) => madeEvent(CustomEventClass.needed(), source.string(), source.byte()),
  writeContent(value, sink) {
    sink.step('slot', 'detail')
    sink.value(apply(getterOf(CustomEventClass()!.prototype, 'detail'), value, []))
  },
  readContent(value, source) {
    const key = symbolKey(value, 'detail')
    const detail = source.value()
    if (key === undefined || !getOwnPropertyDescriptor(value, key)?.writable)
      throw new UnpicklingError(
        `Node ${process.version} keeps the detail of a CustomEvent where it can't be put`,
      )
    defineProperty(value, key, { value: detail })
  },
  ownKeys: nodesKeys('type', 'kTarget', 'kIsBeingDispatched', 'kInPassiveListener', 'detail'),
}

function isEvent(value: object): boolean {
  return hasBrand(value, EventClass.prototype, typeOf)
}

function writeEvent(value: Event, sink: ValueSink): void {
  if (apply(targetOf, value, []) !== null)
    sink.refuse(
      `an event that was dispatched ('${String(apply(typeOf, value, []))}') belongs to its target`,
      'Pickle what it says, and make an event where it is needed',
    )
  sink.string(apply(typeOf, value, []) as string)
  sink.byte(FLAGS.reduce((bits, flag, i) => bits | (apply(flag, value, []) ? 1 << i : 0), 0))
}

function madeEvent<T extends Event>(
  Class: new (type: string, options: object) => T,
  type: string,
  flags: number,
): T {
  const value = new Class(type, {
    bubbles: (flags & 1) !== 0,
    cancelable: (flags & 2) !== 0,
    composed: (flags & 4) !== 0,
  })
  if (flags & 8) apply(preventDefault, value, [])
  if (flags & 16) apply(stopPropagation, value, [])
  return value
}

export const events: readonly BuiltinReducer[] = [
  eventTarget,
  abortSignal,
  abortController,
  event,
  customEvent,
]
