/** Why a turn ended that was stopped so that its agent goes on with a message of a person. */
export const STOPPED_FOR_MESSAGE = 'message'
/** Why a turn ended whose session a person took over. */
export const TAKEN_OVER = 'takeover'
