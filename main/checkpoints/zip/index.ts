export { endsLikeZip } from './end.ts';
export { openZip, requireRules } from './open.ts';
export type { ZipArchive, ZipRules } from './open.ts';
export type { ZipMember } from './directory.ts';
