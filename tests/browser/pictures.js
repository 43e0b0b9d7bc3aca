// Folder of the screenshots.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const PICTURES = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));
mkdirSync(PICTURES, { recursive: true });
