/* A store in memory: empty, and gone with its handles. For tests, and as the plainest of all stores. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/store.h"

/* Yours to close. NO_MEMORY. */
RESULT store_open_memory(struct store **ret_store);

#endif
