export { isRunFolder, openRunFolder, runFolderOf } from './open.ts';
