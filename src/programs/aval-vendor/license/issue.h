/* Signing a license, whichever command made it up. For one thread. */
#ifndef PROGRAMS_AVAL_VENDOR_LICENSE_ISSUE_H
#define PROGRAMS_AVAL_VENDOR_LICENSE_ISSUE_H

#include "command.h"

/* What a license says where nobody says otherwise. */
#define LEASE_DEFAULT ((seconds)180 * DAY)
#define RENEW_DEFAULT ((seconds)7 * DAY)
#define RETRY_DEFAULT ((seconds)2 * HOUR)

/* From when until when, by --from (otherwise `from`), --until and --for. USAGE. */
RESULT take_dates(struct command *command, seconds from, struct license *license);

/* Gives the license its id and its date of issue. LICENSE_REVOKED where the key of one of its hosts is. */
RESULT license_prepare(struct command *command, struct license *license);
/* Signs one that is prepared, records it and writes it there; `note` gets it as signed. */
RESULT license_sign(struct command *command, const struct license *license, const char *path, struct buffer *note);
/* Gives the license its id and its date of issue, signs it, records it, writes it to --output and says what it grants,
 * as JSON with --json. LICENSE_REVOKED where the key of one of its hosts is; otherwise as the parts of command.h. */
RESULT license_issue(struct command *command, struct license *license);

#endif
