// Where pictures of screens are kept, for people to look at.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const PICTURES = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));
mkdirSync(PICTURES, { recursive: true });
