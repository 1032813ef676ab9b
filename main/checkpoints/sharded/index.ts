export { openSharded } from './open.ts';
