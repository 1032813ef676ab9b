/** Images that a person brings from disk, to be trained on. */
import { z } from 'zod';
import { checkpointSource } from './checkpoints.ts';

/** How many files a window may name one by one; folders count as one. */
export const MOST_IMAGE_SOURCES = 50_000;

/** What an import of images is asked for. */
export const imageImport = z.strictObject({
  /**
   * Files and folders: PNG and JPEG, or one NPZ, one or two IDX files or CIFAR batches. A file that was
   * sent says with `name` in which folders it lay.
   */
  sources: z
    .array(z.strictObject({ source: checkpointSource, name: z.string().min(1).max(1024).optional() }))
    .min(1)
    .max(MOST_IMAGE_SOURCES),
  name: z.string().trim().min(1).max(120),
  /** Pixels a side; left out, arrays stay as they are, and pictures too if all have one size up to 64; else 32. */
  size: z.int().min(4).max(256).optional(),
  /** `auto` is grey where all images are. */
  channels: z.enum(['auto', 'grey', 'colour']).default('auto'),
  /** `folders`: each sub-folder is a class; the labels of an array come either way unless `none`. */
  labels: z.enum(['folders', 'none']).default('folders'),
  /** What lies behind transparent pixels. */
  background: z.enum(['white', 'black']).default('white'),
  /** An imported autoencoder: its latents are kept in place of the images. */
  autoencoder: z.string().min(1).max(200).optional(),
  /** Latents of the mirrored images too. */
  mirrored: z.boolean().default(true),
});
export type ImageImport = z.input<typeof imageImport>;

/** What became of an import; nothing that was brought is left unsaid. */
export const importedImages = z.object({
  id: z.string(),
  count: z.int(),
  /** [H, W, C] of one image or latent. */
  shape: z.array(z.int()),
  /** Of the classes, in their order; none without labels. */
  classNames: z.array(z.string()),
  /** The first hundred of the pictures that could not be taken. */
  skipped: z.array(z.object({ file: z.string(), reason: z.string() })),
  /** All of them. */
  skippedCount: z.int(),
  /** Files that are no pictures. */
  ignored: z.int(),
});
export type ImportedImages = z.infer<typeof importedImages>;

/** How far an import has come; the last one has what became of it. */
export const imageImportProgress = z.object({
  stage: z.enum(['reading', 'encoding']),
  done: z.number(),
  of: z.number(),
  result: importedImages.nullable(),
});
export type ImageImportProgress = z.infer<typeof imageImportProgress>;
