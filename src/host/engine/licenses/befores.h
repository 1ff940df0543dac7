/* Which licenses one has taken the place of, and what a machine holds under those. For the engine's thread, the rows of
 * the machine being fetched. */
#ifndef HOST_ENGINE_LICENSES_BEFORES_H
#define HOST_ENGINE_LICENSES_BEFORES_H

#include "catalog.h"

struct engine;

/* The number of the license whose place `license` has taken by that succession of the vendor; 0 where it has not, or
 * where nobody has ever asked under that one. */
uint32_t before_number(const struct catalog_vendor *vendor, size_t succession, const struct authority_license *license);

/* Until when the machine holds a seat under one of them; 0: it does not. */
seconds before_held_until(const struct engine *engine, const struct catalog_vendor *vendor,
                          const struct machine_id *machine, const struct authority_license *license);

#endif
