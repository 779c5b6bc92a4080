/** A plugin of somebody else's (examples/loss-poly), as somebody else has it: a copy in a project outside this repository. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { evaluateCurves, LOGIT, type AnyPlugin, type ElementwiseLoss } from '@counterweight/core';
import { findEngine } from '@counterweight/tensorflow';
import { lossConformance } from '@counterweight/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ROOT } from './packages.js';

const FOLDER = join(ROOT, 'examples', 'loss-poly');
const SOURCE = join(FOLDER, 'index.js');
const NAME = 'counterweight-loss-poly';
const { default: plugin } = (await import(pathToFileURL(SOURCE).href)) as { readonly default: AnyPlugin<'loss'> };

lossConformance({ test, plugin, options: [{}, { epsilon: 0 }, { epsilon: -0.5 }, { epsilon: 6 }] });

test('it is the formula', () => {
  const [epsilon, z] = [2, 0.7];
  const p = 1 / (1 + Math.exp(-z));
  const loss = plugin.create({ epsilon }) as ElementwiseLoss;
  const { positive, negative, positiveSlope } = evaluateCurves(loss.curves(LOGIT, { epoch: 0 }), Float64Array.of(z));
  expect(positive[0]).toBeCloseTo(-Math.log(p) + epsilon * (1 - p), 14);
  expect(negative[0]).toBeCloseTo(-Math.log(1 - p) + epsilon * p, 14);
  expect(positiveSlope[0]).toBeCloseTo(-(1 - p) * (1 + epsilon * p), 14);
});

test('it is one short file that needs core and nothing else', () => {
  const source = readFileSync(SOURCE, 'utf8');
  expect(source.split('\n').length).toBeLessThan(40);
  expect([...source.matchAll(/from '([^']*)'/g)].map(([, name]) => name)).toEqual(['@counterweight/core']);
});

const engine = findEngine('cpu');
if (!engine) console.warn('check and run of the third-party example are not tested: the engine is not installed');

describe('installed in a project, it is', { timeout: 120_000 }, () => {
  let project: string;
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'counterweight-third-party-'));
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules', '@counterweight'), join(project, 'node_modules', '@counterweight'));
    cpSync(FOLDER, join(project, 'node_modules', NAME), { recursive: true });
    cpSync(join(FOLDER, 'manifest.yaml'), join(project, 'manifest.yaml'));
  });
  afterAll(() => {
    rmSync(project, { recursive: true, force: true });
  });
  const counterweight = (...argv: readonly string[]) => {
    const command = join(ROOT, 'packages', 'runner', 'bin', 'counterweight.cjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...argv], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    return stdout;
  };

  test('listed', () => {
    expect(counterweight('plugins')).toMatch(new RegExp(`^loss +${NAME} +1\\.0\\.0 +epsilon, weights$`, 'm'));
    expect(counterweight('plugins', 'poly')).toMatch(/^epsilon +1 +a number from -1 to 100\. Weight ε/m);
  });

  test('in the schema', () => {
    const { properties } = JSON.parse(counterweight('schema')) as {
      properties: { loss: { properties: { use: { enum: string[] } } } };
    };
    expect(properties.loss.properties.use.enum).toContain(NAME);
  });

  test.skipIf(!engine)('checked', () => {
    expect(counterweight('check', 'manifest.yaml')).toMatch(new RegExp(`^loss +${NAME} 1\\.0\\.0 `, 'm'));
  });

  test.skipIf(!engine)('run', () => {
    expect(counterweight('run', 'manifest.yaml', '--out', 'out')).toMatch(/^test AP +macro 0\.\d{4}/m);
    const resolved = JSON.parse(readFileSync(join(project, 'out', 'resolved.json'), 'utf8')) as { plugins: unknown };
    expect(JSON.stringify(resolved.plugins)).toContain(NAME);
  });
});
