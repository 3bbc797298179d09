// A client in TypeScript, with types from the service's document; URL TOKEN. It fails with what is wrong.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

type FoundRoom = components["schemas"]["FoundRoom"];

const [, , baseUrl = "", token = ""] = process.argv;
const authorization = { Authorization: `Bearer ${token}` };

function must(isTrue: boolean, said: unknown): asserts isTrue {
    if (!isTrue) {
        throw new Error(JSON.stringify(said));
    }
}

const here: [number, number] = [-0.12, 51.5];

// By default the library sends a parameter for each value of a list: the answer says what is right.
const byDefault = createClient<paths, "application/json">({ baseUrl });
const refused = await byDefault.GET("/rooms", { params: { query: { near: here } } });
must(refused.response.status === 400, refused);
must(JSON.stringify(refused.error).includes("join them with a comma: near=longitude,latitude"), refused);

const client = createClient<paths, "application/json">({
    baseUrl,
    querySerializer: { array: { style: "form", explode: false } },
});

// Whole rooms, each field of which is there.
const query = { near: here, sort: ["distance", "-price"], limit: 3 } satisfies
    NonNullable<paths["/rooms"]["get"]["parameters"]["query"]>;
const found = await client.GET("/rooms", { params: { query } });
must(found.data?.length === 3, found);
const rooms = found.data as FoundRoom[];
const amounts: number[] = rooms.flatMap((room) => [room.size, room.price, room.latitude, room.longitude]);
must(amounts.every(Number.isFinite), rooms);
must(rooms.every((room) => (room.distance ?? -1) >= 0), rooms);

// Parts of rooms, of which any field may be missing.
const part = await client.GET("/rooms", { params: { query: { fields: ["price"], limit: 1 } } });
must(part.data?.[0]?.price !== undefined && part.data[0].code === undefined, part);

// Positions are pairs of numbers.
const features = await client.GET("/rooms", {
    params: { query: { limit: 1 } },
    headers: { Accept: "application/geo+json" },
});
const collection = features.data as unknown as components["schemas"]["RoomFeatureCollection"];
const [longitude, latitude]: [number, number] = collection.features[0]!.geometry.coordinates;
must(Number.isFinite(longitude + latitude), features);

// What is read can be written, if no other client has changed it.
const code = "1f6d8d36-4c7e-4f0e-9d1a-6f3b1a0c5e42";
const path = { code };
const room = { code, size: 30, price: 75, longitude: 13.45, latitude: 52.51 };
const put = await client.PUT("/rooms/{code}", {
    params: { path, header: { "If-None-Match": "*" } },
    headers: authorization,
    body: room,
});
must(put.response.status === 201, put);
const read = await client.GET("/rooms/{code}", { params: { path } });
const tag: string = read.response.headers.get("ETag") ?? "";
for (const [expected, status] of [[tag, 200], [tag, 412]] as const) {
    const patched = await client.PATCH("/rooms/{code}", {
        params: { path, header: { "If-Match": expected } },
        headers: { ...authorization, "Content-Type": "application/merge-patch+json" },
        body: { price: 70 },
    });
    must(patched.response.status === status, patched);
}
const removed = await client.DELETE("/rooms/{code}", {
    params: { path, header: { "If-Match": "*" } },
    headers: authorization,
});
must(removed.response.status === 204, removed);

const summary = await client.GET("/rooms/summary");
must((summary.data?.count ?? 0) > 1000 && summary.data?.price.max !== null, summary);
