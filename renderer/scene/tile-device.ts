import { tileFragment, tileVertex } from './tile-shaders.ts';

/** What a painter of tiles keeps on the graphics device. */
export interface TileDevice {
  readonly program: WebGLProgram;
  readonly atlas: WebGLTexture;
  readonly lines: WebGLTexture;
  readonly flags: WebGLTexture;
  /** Places of uniforms, by name. */
  readonly places: Map<string, WebGLUniformLocation | null>;
}

/**
 * Compiles the program and makes its textures.
 *
 * @returns null while the context is lost
 * @throws Error with the device's words where the program is refused
 */
export function makeTileDevice(gl: WebGL2RenderingContext): TileDevice | null {
  if (gl.isContextLost()) return null;
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, tileVertex],
    [gl.FRAGMENT_SHADER, tileFragment],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    throw new Error(`The tiles cannot be drawn on this device: ${gl.getProgramInfoLog(program) ?? ''}`);
  }
  // Rows of bytes need not fill whole words.
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  return {
    program,
    atlas: plainTexture(gl, gl.TEXTURE_2D_ARRAY),
    lines: plainTexture(gl, gl.TEXTURE_2D),
    flags: plainTexture(gl, gl.TEXTURE_2D),
    places: new Map(),
  };
}

function plainTexture(gl: WebGL2RenderingContext, kind: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(kind, texture);
  gl.texParameteri(kind, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(kind, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(kind, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(kind, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}
