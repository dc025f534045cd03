// The pages whose sessions are played and whose included code is compared.

export const guides = [
  'README.md',
  'docs/guide.md',
  'docs/for-users-of.md',
  'docs/writing-a-control-service.md',
  'docs/protocol-from-another-language.md',
] as const
