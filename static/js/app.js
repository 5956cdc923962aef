// Small modules on data- attributes. Every page reads and answers without them.
import "./menus.js";
import "./files.js";
import "./busy.js";
import "./refused.js";
import "./poll.js";
import "./refresh.js";
import "./shortcuts.js";
import "./select.js";
import "./pick.js";
import "./chosen.js";
import "./drafts.js";
import "./sign-out.js";
