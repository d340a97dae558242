// The router has no option for its EVM facilitator: it takes this export of whatever package bears this name.
export const facilitator = {
  get url() {
    return process.env.X402_FACILITATOR_URL
  },
}
