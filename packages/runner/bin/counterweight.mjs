#!/usr/bin/env node
// For scripts that name this file; the command itself is beside it.
import './counterweight.cjs';
