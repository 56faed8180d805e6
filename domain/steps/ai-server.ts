export const aiServerSteps = {}
