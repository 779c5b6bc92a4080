import { join } from 'node:path';

import {
  BASE_FOLDER,
  CACHE_FOLDER,
  createContainer,
  LOGGER,
  RANDOM,
  tokenName,
  type DependencyContainer,
  type Kind,
  type Kinds,
  type Logger,
  type Place,
  type RandomStream,
  type Token,
} from '@counterweight/core';
import { cacheFolder } from '@counterweight/tensorflow';

import type { Entry } from './entries.js';
import { errors } from './errors.js';
import { callPlugin, guarded } from './plugin-call.js';
import type { Path } from './yaml-source.js';

/**
 * The composition root of one run: a child container that holds what plugins may ask for, and owns what they make.
 * More is provided as the run goes on: a dataset cannot ask for the statistics of its own labels.
 */
export class Scope {
  private readonly container: DependencyContainer = createContainer();
  private readonly disposals: (() => void | Promise<void>)[] = [];

  constructor(
    private readonly about: {
      readonly logger: Logger;
      readonly folder: string;
      readonly random: RandomStream;
      readonly place: (path: Path) => Place;
    },
  ) {
    this.provide(LOGGER, about.logger);
    this.provide(BASE_FOLDER, about.folder);
  }

  /** From now on a plugin that asks for the token gets this value. */
  provide<T>(token: Token<T>, value: T): void {
    this.container.register(token, { useValue: value });
  }

  /**
   * What a plugin makes of its options and dependencies.
   * @throws plugin-dependency, plugin-throws; the plugin's own errors, told where its entry stands in the manifest
   */
  async create<K extends Kind>({ plugin, use, options, at }: Entry<K>): Promise<Kinds[K]> {
    // A stream of the plugin's own: what one draws does not depend on the others.
    const own = this.container.createChildContainer();
    own.register(CACHE_FOLDER, { useValue: join(cacheFolder(), plugin.name) });
    own.register(RANDOM, { useValue: this.about.random.fork(plugin.kind).fork(plugin.name).fork(at.join('.')) });
    const dependencies = (plugin.inject as readonly Token<unknown>[]).map((token) => {
      if (!own.isRegistered(token, true))
        throw errors['plugin-dependency']({ use, token: tokenName(token) }, { place: this.about.place(at) });
      return own.resolve<unknown>(token);
    });
    const { create } = plugin as { readonly create: (...given: unknown[]) => Kinds[K] | Promise<Kinds[K]> };
    const caller = { use, place: this.about.place(at) };
    const made = await callPlugin(caller, 'being created', () => create.call(plugin, options, ...dependencies));
    const safe = guarded(made, caller);
    this.own(safe);
    return safe;
  }

  /** Frees what plugins made, the last first. Safe to call twice. */
  async dispose(): Promise<void> {
    for (const dispose of this.disposals.splice(0).reverse()) await dispose();
    await this.container.dispose();
  }

  private own(made: Kinds[Kind]): void {
    if ('close' in made) this.disposals.push(() => made.close());
    if ('dispose' in made) this.disposals.push(() => made.dispose?.());
  }
}
