import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { FilmWriter, readFilmIndex, readFilmPage } from './film-file.ts';
import type { FilmLayout } from './film-file.ts';
import { scratchFolder } from './testdata/scratch.ts';

const layout: FilmLayout = { count: 3, dim: 2, times: [1, 0.5, 0], nfe: 2 };
const numbers = 3 * 3 * 2;
const frameOf = (step: number): Float32Array =>
  Float32Array.from({ length: numbers }, (_, i) => step + i / 8);

function filmOf(steps: readonly number[]): string {
  const path = join(scratchFolder(), 'frames', 'film.bin');
  const film = FilmWriter.open(path, layout, -1);
  for (const step of steps) film.append(step, frameOf(step));
  film.close();
  return path;
}

describe('a film', () => {
  it('gives back every frame that was appended, in pages', () => {
    const path = filmOf([0, 10, 20, 30, 40]);
    expect(readFilmIndex(path)).toEqual({
      steps: Float64Array.of(0, 10, 20, 30, 40),
      count: 3,
      dim: 2,
      times: Float32Array.of(1, 0.5, 0),
      nfe: 2,
    });
    const page = readFilmPage(path, 1, 3, () => {});
    expect(page).toEqual({
      from: 1,
      steps: Float64Array.of(10, 20, 30),
      positions: Float32Array.from([...frameOf(10), ...frameOf(20), ...frameOf(30)]),
    });
    expect(readFilmPage(path, 4, 8, () => {}).steps).toEqual(Float64Array.of(40));
  });

  it('is empty where there is none, and says so of a frame it lacks', () => {
    const path = join(scratchFolder(), 'film.bin');
    expect(readFilmIndex(path).steps).toHaveLength(0);
    expect(() => readFilmPage(path, 0, 1, () => {})).toThrow(/expected a frame of the film .*found 0/);
  });

  it.each([1, 7, 8, 17, 50])('cuts a frame off that lacks its last %i bytes', (missing) => {
    const path = filmOf([0, 10]);
    fs.truncateSync(path, fs.statSync(path).size - missing);
    expect([...readFilmIndex(path).steps]).toEqual([0]);
    const film = FilmWriter.open(path, layout, 1000);
    film.append(20, frameOf(20));
    film.close();
    expect([...readFilmIndex(path).steps]).toEqual([0, 20]);
    expect(readFilmPage(path, 1, 1, () => {}).positions).toEqual(frameOf(20));
  });

  it('forgets what was filmed after the step that a run goes back to', () => {
    const path = filmOf([0, 10, 20, 30]);
    const film = FilmWriter.open(path, layout, 15);
    film.close();
    expect([...readFilmIndex(path).steps]).toEqual([0, 10]);
  });

  it('shows nothing of a damaged frame, and all of the others', () => {
    const path = filmOf([0, 10, 20]);
    const bytes = fs.readFileSync(path);
    // Some byte of the positions of the middle frame.
    bytes[bytes.length - 4 * numbers - 40]! ^= 0x10;
    fs.writeFileSync(path, bytes);
    const warn = vi.fn();
    const { positions } = readFilmPage(path, 0, 3, warn);
    expect(positions.subarray(0, numbers)).toEqual(frameOf(0));
    expect([...positions.subarray(numbers, 2 * numbers)].every(Number.isNaN)).toBe(true);
    expect(positions.subarray(2 * numbers)).toEqual(frameOf(20));
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'run/film-damaged' }));
  });

  it.each([
    ['another layout', (path: string) => FilmWriter.open(path, { ...layout, count: 4 }, 100).close()],
    ['no film at all', (path: string) => fs.writeFileSync(path, 'not a film, but longer than its header')],
  ])('begins anew over %s', (_, spoil) => {
    const path = filmOf([0, 10]);
    spoil(path);
    const film = FilmWriter.open(path, layout, 100);
    film.append(5, frameOf(5));
    film.close();
    expect([...readFilmIndex(path).steps]).toEqual([5]);
  });
});
