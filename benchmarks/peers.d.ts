// The peers are installed on the first `npm run bench` only, and the type check has to do without them.
declare module '@pulumi/pulumi'
declare module '@pulumi/pulumi/*'
declare module 'livepack'
declare module 'livepack/*'
