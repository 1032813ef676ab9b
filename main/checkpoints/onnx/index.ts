export { openOnnx } from './open.ts';
