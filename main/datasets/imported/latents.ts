/** Latents of a person's images, made once by an imported autoencoder, as a dataset. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import type { Rng } from '../../tensor/rng.ts';
import { type DataSource, type Dataset, type Labelled, defineDataset } from '../dataset.ts';
import { imageFields } from '../images/fields.ts';
import { split } from '../images/image-set.ts';
import type { ImageFile } from './image-file.ts';

interface LatentOptions {
  readonly holdout: number;
  /** Whether half of those drawn are of mirrored images. */
  readonly mirrored: boolean;
}

/** Samples are latents drawn with replacement, as networks are trained on them: with their scaling factor. */
export function importedLatents(id: string, file: ImageFile): Dataset {
  const { count, shape, classNames, title, autoencoder, views } = file;
  const [height, width, channels] = shape;
  const classes = file.labels === null ? '' : ` in ${classNames.length} classes`;
  const { holdout } = imageFields;
  const mirrored = z
    .boolean()
    .default(true)
    .meta({
      label: 'Mirror at random',
      group: 'Images',
      help: 'Shows half of the images in training with left and right swapped.',
    } satisfies FieldMeta);
  return defineDataset({
    id,
    title,
    summary: `${count} latents of ${height} x ${width} x ${channels}${classes}, by ${autoencoder}.`,
    dim: height * width * channels,
    shape,
    size: count,
    ...(file.labels && { classes: classNames.length, classNames }),
    ...(autoencoder !== undefined && { autoencoder }),
    analytic: false,
    imported: true,
    params: views === 2 ? z.strictObject({ holdout, mirrored }) : z.strictObject({ holdout }),
    create: (params) =>
      latentSource(file, {
        holdout: params.holdout,
        mirrored: 'mirrored' in params && params['mirrored'] === true,
      }),
  });
}

function latentSource(file: ImageFile, { holdout, mirrored }: LatentOptions): DataSource {
  const { training, held } = split(file, holdout);
  const source = partOf(file, training, mirrored);
  return held === null ? source : { ...source, holdout: partOf(file, held, false) };
}

function partOf(file: ImageFile, members: Int32Array, mirrored: boolean): DataSource {
  const { shape, labels, classNames, count, rows } = file;
  const dim = shape[0] * shape[1] * shape[2];

  function read(drawn: Int32Array, isMirrored: () => boolean): Labelled {
    const values = new Float32Array(drawn.length * dim);
    const bytes = new Uint8Array(values.buffer);
    for (let i = 0; i < drawn.length; i++) {
      bytes.set(rows.row(drawn[i]! + (isMirrored() ? count : 0)), i * dim * 4);
    }
    return { values, labels: Int32Array.from(drawn, (row) => labels?.[row] ?? 0) };
  }
  function labelled(rng: Rng, wanted: number): Labelled {
    const drawn = new Int32Array(wanted);
    for (let i = 0; i < wanted; i++) drawn[i] = members[rng.int(members.length)]!;
    return read(drawn, () => mirrored && rng.uniform() < 0.5);
  }
  return {
    dim,
    shape,
    size: members.length,
    sample: (rng, wanted) => labelled(rng, wanted).values,
    items: (from, to) => read(members.subarray(from, to), () => false),
    ...(mirrored && {
      mirroredItems: (from: number, to: number) => read(members.subarray(from, to), () => true),
    }),
    ...(labels && { classes: classNames.length, labelled }),
  };
}
