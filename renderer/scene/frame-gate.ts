/**
 * Lets one frame at a time to the device, and tells how long it was at it. Without it a browser takes
 * frames faster than a slow device draws them, and what is shown lags behind the hand.
 */
export class FrameGate {
  readonly #gl: WebGL2RenderingContext;
  #fence: WebGLSync | null = null;
  #beganMs = 0;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  /** A frame has been handed over. */
  begin(nowMs: number): void {
    this.#fence = this.#gl.fenceSync(this.#gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    this.#gl.flush();
    this.#beganMs = nowMs;
  }

  /** `busy` while the device is at a frame; how long it took, once, when it is done; then `free`. */
  poll(nowMs: number): 'busy' | 'free' | number {
    const gl = this.#gl;
    if (this.#fence === null || gl.isContextLost()) {
      this.#fence = null;
      return 'free';
    }
    if (gl.getSyncParameter(this.#fence, gl.SYNC_STATUS) !== gl.SIGNALED) return 'busy';
    gl.deleteSync(this.#fence);
    this.#fence = null;
    return nowMs - this.#beganMs;
  }
}
