/** The pipeline: extract with retries and a cache, transform on a cluster, load into a file and into the run's history. */
import { writeFile } from "node:fs/promises";
import { ClusterTaskRunner, artifact, exponentialBackoff, flow, log, task, unmapped } from "heddle";
import { parseDays, summarise, type Year } from "./days.js";

export interface Place {
  readonly city: string;
  readonly year: number;
}

/** A year of days as CSV. The same place is asked for once in an hour, whichever flow run asks. */
const download = task(
  async function download(place: Place, station: string) {
    const response = await fetch(`${station}/${encodeURIComponent(place.city)}/${place.year}`);
    if (!response.ok) throw new Error(`${place.city} ${place.year}: ${response.status} ${await response.text()}`);
    return response.text();
  },
  {
    retries: 3,
    retryDelay: exponentialBackoff("50ms"),
    cacheKey: (_context, parameters) => {
      const { city, year } = parameters["place"] as Place;
      return `weather-${city}-${year}`;
    },
    cacheExpiration: "1h",
  },
);

const transform = task(function transform(place: Place, csv: string) {
  const year = summarise(place.city, place.year, parseDays(csv));
  // On the worker: it travels to the run's history by itself.
  artifact.markdown({
    key: `${place.city}-${place.year}`,
    markdown: `**${year.rain} mm** of rain on ${year.wetDays} days; ${year.warmest.warmest} °C on ${year.warmest.date}`,
  });
  return year;
});

/** The heavy part: its tasks run in processes of their own, which this flow run makes and takes away. */
const summaries = flow(
  function yearly_summaries(places: readonly Place[], files: readonly string[]) {
    return transform.map(places, files);
  },
  { taskRunner: new ClusterTaskRunner({ cluster: { workers: 2 } }) },
);

const load = task(async function load(years: readonly Year[], file: string) {
  const lines = years.map(({ city, year, rain, wetDays, warmest, coldest }) =>
    [city, year, rain, wetDays, warmest.warmest, coldest.coldest].join(","),
  );
  await writeFile(file, ["city,year,rain,wet days,warmest,coldest", ...lines, ""].join("\n"));
  log.info(`wrote ${years.length} years to ${file}`);
});

export const climate = flow(async function climate(station: string, places: readonly Place[], file: string) {
  const files = download.map(places, unmapped(station));
  const years = await summaries(places, await Promise.all(files.map((each) => each.result())));
  artifact.table({
    key: "climate",
    description: "Rain and the warmest day of each year",
    rows: years.map(({ city, year, rain, warmest }) => ({ city, year, rain, warmest: warmest.date })),
  });
  await load(years, file);
  return years;
});
