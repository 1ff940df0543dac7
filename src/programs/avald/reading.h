/* What it came to that avald read its configuration and its folder again, as its control interface says it. */
#ifndef PROGRAMS_AVALD_READING_H
#define PROGRAMS_AVALD_READING_H

#include "base/reason.h"
#include "proto/admin/reload.h"

/* Adds what was refused: `what` is CONTROL_CONFIGURATION or CONTROL_FOLDER, `file` may be NULL. */
void reading_refuse(struct control_reading *reading, const char *what, const char *file, struct result why,
                    const struct reason *reason, seconds now);
/* Adds an option that waits for a restart. */
void reading_wait(struct control_reading *reading, const char *option);

#endif
