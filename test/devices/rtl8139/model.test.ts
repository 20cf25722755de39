/** The RTL8139's model in the suite of all models. */
import { describeModel } from "../../support/model-suite.ts";
import { kindOf } from "./kind.ts";

describeModel(kindOf({}));
describeModel(kindOf({ ringKib: 8, wrap: false }));
describeModel(kindOf({ ringKib: 64 }));
