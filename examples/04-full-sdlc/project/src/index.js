export { titleCase } from './titleCase.js'
