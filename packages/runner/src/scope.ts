import { join } from 'node:path';

import {
  BASE_FOLDER,
  CACHE_FOLDER,
  createContainer,
  LOGGER,
  RANDOM,
  tokenName,
  type DependencyContainer,
  type Given,
  type Kind,
  type Kinds,
  type Logger,
  type Place,
  type PluginOrigin,
  type RandomStream,
  type Token,
} from '@counterweight/core';
import { cacheFolder } from '@counterweight/tensorflow';

import type { Entry } from './entries.js';
import { errors } from './errors.js';
import { stir } from './calls-under-way.js';
import { callPlugin } from './plugin-call.js';
import { CONTRACTS } from './plugin-contract.js';
import { guardedMade } from './plugin-guard.js';
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
    this.provide(LOGGER, stirring(about.logger));
    this.provide(BASE_FOLDER, about.folder);
  }

  /** From now on a plugin that asks for the token gets this value. */
  provide<T>(token: Token<T>, value: T): void {
    this.container.register(token, { useValue: value });
  }

  /**
   * What a plugin makes of its options and dependencies.
   * @param given for this plugin alone
   * @throws plugin-dependency, plugin-throws, plugin-breaks-contract; the plugin's own errors, told where its entry stands in the manifest
   */
  async create<K extends Kind>(
    { plugin, use, options, at }: Entry<K>,
    given: readonly Given[] = [],
  ): Promise<Kinds[K]> {
    // A stream of the plugin's own: what one draws does not depend on the others.
    const own = this.container.createChildContainer();
    own.register(CACHE_FOLDER, { useValue: join(cacheFolder(), plugin.name) });
    own.register(RANDOM, { useValue: this.about.random.fork(plugin.kind).fork(plugin.name).fork(at.join('.')) });
    for (const [token, value] of given) own.register(token, { useValue: value });
    const dependencies = (plugin.inject as readonly Token<unknown>[]).map((token) => {
      if (!own.isRegistered(token, true))
        throw errors['plugin-dependency']({ use, token: tokenName(token) }, { place: this.about.place(at) });
      return own.resolve<unknown>(token);
    });
    const { create } = plugin as { readonly create: (...given: unknown[]) => Kinds[K] | Promise<Kinds[K]> };
    const caller = { use, place: this.about.place(at) };
    const made: unknown = await callPlugin(caller, CREATING, () => create.call(plugin, options, ...dependencies));
    callPlugin(caller, CREATING, () => {
      this.own(made, caller);
    });
    return guardedMade(made, { origin: caller, doing: CREATING }, CONTRACTS[plugin.kind]) as Kinds[K];
  }

  /**
   * Frees what plugins made, the last first. Safe to call twice. One that cannot be freed is a warning: what there is of results
   * is written, and what went wrong before is not to be hidden.
   */
  async dispose(): Promise<void> {
    for (const dispose of this.disposals.splice(0).reverse())
      try {
        await dispose();
      } catch (error) {
        this.about.logger.warn(error instanceof Error ? error.message : String(error));
      }
    await this.container.dispose();
  }

  /** Also of what is refused. */
  private own(made: unknown, origin: PluginOrigin): void {
    if (typeof made !== 'object' || made === null) return;
    for (const name of ['close', 'dispose']) {
      const free: unknown = Reflect.get(made, name);
      if (typeof free === 'function')
        this.disposals.push(() => callPlugin(origin, `in ${name}`, () => free.call(made) as void | Promise<void>));
    }
  }
}

const CREATING = 'being created';

/** Whoever reports is at work, however long it takes. */
const stirring = (logger: Logger): Logger => ({
  info: (message) => {
    stir();
    logger.info(message);
  },
  warn: (message) => {
    stir();
    logger.warn(message);
  },
});
