export { eachLine, eachRecord } from './csv.js';
export { errors } from './errors.js';
export { keepExamples, readLabelTable, type LabelTable } from './label-table.js';
export { labelNotices } from './notices.js';
export { tableOptions } from './options.js';
export { listing, Problems, type Listing, type Problem } from './problems.js';
export type { TableOptions } from './row.js';
export { splitsOf, type SplitOptions } from './splits.js';
export { count, quote, some } from './wording.js';
