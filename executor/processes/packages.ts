// Packages where they are: the folders and archives of this machine that environments name.
import type { WriteOptions } from '../../runtime-env/package/archive.ts'
import type { LocalPackage, PackageSource } from '../../runtime-env/types.ts'

export class LocalPackages implements PackageSource {
  readonly #byUri = new Map<string, LocalPackage>()

  add(pkg: LocalPackage): void {
    this.#byUri.set(pkg.uri, pkg)
  }

  async fetch(uri: string, toFile: string, signal: AbortSignal): Promise<void> {
    const pkg = this.#byUri.get(uri)
    if (pkg === undefined) throw new Error(`nobody has the package ${uri}`)
    await writePackage(pkg, toFile, { signal })
  }
}

/** As an archive. What that takes is loaded by who does it. */
export async function writePackage(pkg: LocalPackage, toFile: string, options: WriteOptions): Promise<void> {
  const { writeArchive } = await import('../../runtime-env/package/index.ts')
  await writeArchive(pkg, toFile, options)
}
