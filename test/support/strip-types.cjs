/** Jest transformer: Node's own type stripping, which keeps every line and column where it was. */
const { stripTypeScriptTypes } = require("node:module");
process.removeAllListeners("warning");

module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
