/* The command that ends what holds up one vendor's ledger: named by log, status and JSON alike. Pure. */
#ifndef LEDGER_RECOVER_H
#define LEDGER_RECOVER_H

#include "core/limits.h"

#include "base/result.h"

enum { RECOVER_COMMAND_SIZE = NAME_SIZE + 64 };

/* "avald recover --restored VENDOR --yes" for host-restored, "avald recover --clock --vendor VENDOR --yes" for
 * host-clock, "avald recover --vendor VENDOR --yes" for signer-state; "" for anything else. */
void recover_command_write(enum error_code trouble, const char *vendor, char ret_command[static RECOVER_COMMAND_SIZE]);

#endif
