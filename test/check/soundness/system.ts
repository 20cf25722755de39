/** What a test needs of the search over model and silicon, as the entry of a bundle with a defect in it. */
export { CardUnderModel } from "../../../src/check/soundness/card-under-model.ts";
export { SPECIMENS } from "../../../src/check/soundness/check-model.ts";
export { search } from "../../../src/check/soundness/search.ts";
