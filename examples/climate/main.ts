/**
 * A pipeline of real weather: two cities, four years, from a station that is sometimes too busy to answer. Run twice: the second time
 * everything that was downloaded comes from the cache.
 *
 *   npm run example climate
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HistoryReader, LocalStorage } from "heddle";
import { dataset } from "../dataset.js";
import { table } from "../terminal/table.js";
import { check } from "../terminal/verdict.js";
import { parseDays, summarise } from "./days.js";
import { climate, type Place } from "./flow.js";
import { Station } from "./station.js";

const CITIES = ["Seattle", "New York"];
const YEARS = [2012, 2013, 2014, 2015];
const places: Place[] = CITIES.flatMap((city) => YEARS.map((year) => ({ city, year })));

await using station = await Station.open();
const folder = await mkdtemp(join(tmpdir(), "heddle-climate-"));
try {
  const file = join(folder, "climate.csv");
  const pipeline = climate.with({ resultStorage: new LocalStorage(join(folder, "results")) });

  const years = await pipeline(station.address, places, file);
  console.log(
    table(years, [
      { title: "city", value: ({ city }) => city },
      { title: "year", value: ({ year }) => String(year) },
      { title: "rain, mm", value: ({ rain }) => rain },
      { title: "wet days", value: ({ wetDays }) => wetDays },
      { title: "warmest", value: ({ warmest }) => `${warmest.warmest} °C on ${warmest.date}`, align: "right" },
      { title: "coldest", value: ({ coldest }) => `${coldest.coldest} °C on ${coldest.date}`, align: "right" },
    ]),
  );
  console.log();
  check("what the station refused was asked for again", station.requests, places.length + station.refusals);

  const asked = station.requests;
  const again = await pipeline(station.address, places, file);
  check("the second run asked the station for nothing", station.requests, asked);
  check("and came to the same", again, years);

  const lines = (await readFile(dataset("weather.csv"), "utf8")).trimEnd().split("\n");
  const alone = places.map(({ city, year }) => {
    const days = lines.filter((line) => line.startsWith(`${city},${year}-`));
    return summarise(city, year, parseDays(["head", ...days].join("\n")));
  });
  check("as does a single process over the whole file", years, alone);
  check(
    "the file has a line for each year",
    (await readFile(file, "utf8")).trimEnd().split("\n").length,
    1 + places.length,
  );

  const history = HistoryReader.open();
  const [last] = history.flowRuns({ flow: "yearly-summaries", limit: 1 });
  check(
    "the history has what each task left on its worker",
    history
      .artifacts(last!.id)
      .map(({ key }) => key)
      .sort(),
    places.map(({ city, year }) => `${city}-${year}`).sort(),
  );
  history.close();
} finally {
  await rm(folder, { recursive: true });
}
