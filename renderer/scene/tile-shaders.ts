export const tileVertex = /* glsl */ `#version 300 es
  // One triangle that covers the canvas.
  void main() {
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    gl_Position = vec4(2.0 * corner - 1.0, 0.0, 1.0);
  }
`;

/**
 * Every pixel finds its tile: from its place to a line, by the table of lines to a sample, and from there to
 * a texel of the atlas. What scrolls and zooms are uniforms.
 */
export const tileFragment = /* glsl */ `#version 300 es
  precision highp float;
  precision highp int;
  precision highp sampler2DArray;
  precision highp isampler2D;
  precision highp sampler2D;

  uniform sampler2DArray atlas;
  uniform isampler2D lines;
  /** Above one half where the noise is selected. */
  uniform sampler2D flags;
  uniform ivec2 atlasGrid;
  uniform ivec2 tile;
  uniform int canvasHeight;
  uniform int scroll;
  uniform ivec2 origin;
  uniform ivec2 side;
  uniform int gap;
  uniform int blockGap;
  uniform int sources;
  uniform int lineCount;
  /** Pixels of a texel, and texels of a pixel: one of both is 1. */
  uniform ivec2 scale;
  uniform int hovered;
  uniform bool dims;
  uniform int ringPx;
  uniform vec3 selectedColour;
  uniform vec3 hoveredColour;
  out vec4 colour;

  const int tableWidth = 1024;

  ivec2 tableAt(int i) {
    return ivec2(i % tableWidth, i / tableWidth);
  }

  vec4 texelOf(int index, ivec2 inside) {
    int perLayer = atlasGrid.x * atlasGrid.y;
    int within = index % perLayer;
    ivec2 corner = ivec2(within % atlasGrid.x, within / atlasGrid.x) * tile;
    ivec2 from = min(inside / scale.x * scale.y, tile - 1);
    vec4 sum = vec4(0.0);
    for (int y = 0; y < scale.y; y += 1) {
      for (int x = 0; x < scale.y; x += 1) {
        ivec2 texel = min(from + ivec2(x, y), tile - 1);
        sum += texelFetch(atlas, ivec3(corner + texel, index / perLayer), 0);
      }
    }
    return sum / float(scale.y * scale.y);
  }

  void main() {
    colour = vec4(0.0);
    ivec2 place = ivec2(int(gl_FragCoord.x), canvasHeight - 1 - int(gl_FragCoord.y) + scroll);
    place -= origin - gap / 2;
    if (place.x < 0 || place.y < 0) return;
    ivec2 step = side + gap;
    int blockStep = sources * step.y + blockGap;
    int block = place.y / blockStep;
    int inBlock = place.y - block * blockStep;
    int source = inBlock / step.y;
    if (source >= sources) return;
    int line = block * sources + source;
    if (line >= lineCount) return;
    ivec4 entry = texelFetch(lines, tableAt(line), 0);
    int column = place.x / step.x;
    if (column >= entry.y) return;
    int noise = entry.z + column;
    bool isSelected = texelFetch(flags, tableAt(noise), 0).r > 0.5;
    ivec2 inside = ivec2(place.x - column * step.x, inBlock - source * step.y) - gap / 2;
    bool isInside = inside.x >= 0 && inside.y >= 0 && inside.x < side.x && inside.y < side.y;
    if (isInside) {
      vec4 shown = texelOf(entry.x + column, inside);
      float opacity = dims && !isSelected && noise != hovered ? 0.6 : 1.0;
      colour = vec4(shown.rgb, 1.0) * shown.a * opacity;
      return;
    }
    ivec2 outside = max(-inside, inside - side + 1);
    if (max(outside.x, outside.y) > ringPx) return;
    if (isSelected) colour = vec4(selectedColour, 1.0);
    else if (noise == hovered) colour = vec4(hoveredColour, 1.0);
  }
`;
