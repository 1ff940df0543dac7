/* Giving back the seats of former leases (former_files.h). */
#ifndef CLIENT_RELEASE_FORMERS_H
#define CLIENT_RELEASE_FORMERS_H

#include "machine/handle.h"

/* Whether the product has any. */
bool formers_are_there(const aval_machine *machine, const char *product);
/* Gives back what former leases of the product still hold, as far as their hosts answer in the time that the call has
 * left; what is left is for the next call. One that has ended, or is not believed any more, is forgotten. */
void formers_release(const aval_machine *machine, const char *product);

#endif
