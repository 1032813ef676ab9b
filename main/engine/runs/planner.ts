/** Configs and run folders turned into plans, with whatever their names stand for here. */
import type { WarningSink } from '#contract/errors.ts';
import type { RunConfig } from '#contract/runs.ts';
import type { Dataset } from '../../datasets/index.ts';
import type { RunFolder, RunStore } from '../../store/index.ts';
import { isModelFolder, readModel } from '../../store/model-folder.ts';
import { engineVersions } from '../../tensor/device.ts';
import type { ImportedModels } from '../checkpoints/imported-models.ts';
import { type LearntFrom, type Plan, type TeacherSource, planOf } from '../plan/plan.ts';
import { ANALYTIC } from '../plan/teacher.ts';
import type { KnownRuns } from './known-runs.ts';

export interface PlannerSources {
  readonly runs: KnownRuns;
  readonly models: ImportedModels;
  /** Data sets that a person brought. */
  datasets(): readonly Dataset[];
  readonly warn: WarningSink;
}

export class Planner {
  private readonly sources: PlannerSources;

  constructor(sources: PlannerSources) {
    this.sources = sources;
  }

  /**
   * The folder of a new run, with copies of what it learns from.
   * @param version  of the program, for its record
   * @throws WorkbenchError naming the field of the config that is wrong; nothing is left behind
   */
  create(config: RunConfig, store: RunStore, version: string): RunFolder {
    const { runs } = this.sources;
    const teacher = plannedTeacher(config);
    const plan = this.plan(config, {
      teacher: () => this.teacherOf(teacher!),
      encoder: () => runs.open(config.encoder!),
    });
    const { sampleShape } = plan;
    return store.create(plan.config, {
      versions: { fewstep: version, ...engineVersions() },
      classes: plan.bound.classes ?? 0,
      ...(sampleShape.length === 3 ? { sampleShape } : {}),
      teacher: teacher === null ? null : { path: folderOf(this.teacherOf(teacher)) },
      encoder: config.encoder === undefined ? null : runs.open(config.encoder),
    });
  }

  /** The plan of a run that exists, with the teacher and the encoder that it keeps. */
  planOfRun(folder: RunFolder): Plan {
    return this.plan(folder.file.config, {
      teacher: () =>
        isModelFolder(folder.teacherPath)
          ? { kind: 'model', model: readModel(folder.teacherPath) }
          : { kind: 'run', folder: folder.teacher() },
      encoder: () => folder.encoder(),
    });
  }

  private plan(config: RunConfig, learntFrom: LearntFrom): Plan {
    return planOf(config, this.sources.datasets(), learntFrom, this.sources.warn);
  }

  /** What `config.teacher` names. @throws WorkbenchError `run/not-found`, `model/bad-file`, ... */
  private teacherOf(id: string): TeacherSource {
    const model = this.sources.models.find(id);
    return model === null ? { kind: 'run', folder: this.sources.runs.open(id) } : { kind: 'model', model };
  }
}

/** The run or model that a config names as its teacher; null for none and for the analytic one. */
function plannedTeacher({ teacher }: RunConfig): string | null {
  return teacher === undefined || teacher === ANALYTIC ? null : teacher;
}

function folderOf(teacher: TeacherSource): string {
  return teacher.kind === 'model' ? teacher.model.folder : teacher.folder.path;
}
