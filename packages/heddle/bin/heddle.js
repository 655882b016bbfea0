#!/usr/bin/env node
// Beside the compiled files, so that it is executable and there to be linked before anything has been compiled.
import "../dist/cli/main.js";
