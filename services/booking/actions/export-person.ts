import { implement } from "../../../mixins/kit/implement.ts";

export const exportPerson = implement("booking.exportPerson", async () => ({ bookings: [] }));
