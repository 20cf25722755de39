/** See three-guests.ts. */
import { threeGuests } from "./three-guests.ts";

threeGuests("receivers");
