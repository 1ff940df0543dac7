/* Says in the log that a license ends soon and nothing follows it: once 60, 30 and 7 days before. For the engine's
 * thread. */
#ifndef HOST_ENGINE_LICENSES_ENDINGS_H
#define HOST_ENGINE_LICENSES_ENDINGS_H

#include "core/limits.h"

struct engine;

/* How near to its end the log has said that a license is. */
struct ending {
    char license[NAME_SIZE];
    int days;
};

/* Looks at the licenses of the catalog, each hour. */
void endings_tend(struct engine *engine);

#endif
