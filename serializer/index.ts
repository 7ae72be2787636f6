// The public API of the serializer: cornichon.
import { connect } from './pickle/connect.ts'
import * as api from './public.ts'

export * from './public.ts'

// So that a bundle can refer to cornichon itself, wherever it is installed.
connect({ ...api }, import.meta.url)
