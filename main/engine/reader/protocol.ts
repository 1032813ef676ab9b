/**
 * What the engine and a reader say to each other. A reader is a process that lives for one request: it
 * parses a file that nobody vouches for, answers, and is killed.
 */
import type {
  CheckpointListing,
  Recognition,
  RecognitionOptions,
  TensorDifference,
  TensorSlice,
  TensorStatistics,
} from '#contract/checkpoints.ts';
import type { WireError } from '#contract/errors.ts';
import type { KeepOptions, KeptImages } from '../../datasets/imported/keep-images.ts';
import type { ImageSource } from '../../datasets/imported/image-sources.ts';

/** Files and folders are absolute paths: a reader's working directory is the root. */
export type ReaderRequest =
  | { readonly kind: 'list'; readonly file: string; readonly options: RecognitionOptions }
  | { readonly kind: 'statistics'; readonly file: string; readonly tensors: readonly string[] }
  | {
      readonly kind: 'slice';
      readonly file: string;
      readonly tensor: string;
      readonly at: readonly number[];
      readonly most: number;
    }
  | { readonly kind: 'compare'; readonly file: string; readonly other: string }
  /** Writes the recognised network as `weights.safetensors` into `folder`, which exists and is empty. */
  | {
      readonly kind: 'convert';
      readonly file: string;
      readonly options: RecognitionOptions;
      readonly folder: string;
    }
  /** Writes the images of files and folders as one file, `out`, which is not there yet. */
  | {
      readonly kind: 'images';
      /** The first of them, for messages. */
      readonly file: string;
      readonly sources: readonly ImageSource[];
      readonly options: KeepOptions;
      readonly out: string;
    };

export type ReaderKind = ReaderRequest['kind'];

/** What a conversion says when it is done. */
export interface Conversion {
  readonly recognition: Recognition;
  /** Of the file that was written, none for a run folder, which is copied instead. */
  readonly bytes: number;
  readonly parameters: number;
}

/** The items of an answer by request: one of each, but one for every tensor of `statistics` and `compare`. */
export interface ReaderItems {
  list: CheckpointListing;
  statistics: TensorStatistics;
  slice: TensorSlice;
  compare: TensorDifference;
  convert: Conversion;
  images: KeptImages;
}

/** The first message to a reader. */
export interface ReaderOrder {
  readonly request: ReaderRequest;
  /** Resident bytes above which it ends itself. */
  readonly memoryBytes: number;
}

/** Every other message to a reader: the engine has taken one more item. */
export const TAKEN = 'taken';

/** Items that a reader sends ahead of those that were taken. */
export const ITEMS_AHEAD = 64;

export type ReaderMessage =
  /** So many of so many: bytes of a conversion, files of images, else tensors. */
  | { readonly type: 'progress'; readonly done: number; readonly of: number }
  | { readonly type: 'item'; readonly value: unknown }
  | { readonly type: 'done' }
  | { readonly type: 'error'; readonly error: WireError };

/** What a reader says on stderr before it ends itself for its memory: a signal alone cannot tell why. */
export const MEMORY_WORDS = 'fewstep reader: memory limit';
