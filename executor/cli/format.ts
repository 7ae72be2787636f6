// Counts and trees as people read them.

/** `1 value`, `2,340 values`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}

export interface TreeNode {
  readonly label: string
  readonly children?: readonly TreeNode[]
}

/** The tree as lines, with the branches drawn. */
export function formatTree({ label, children = [] }: TreeNode): string[] {
  return [
    label,
    ...children.flatMap((child, i) => {
      const isLast = i === children.length - 1
      return formatTree(child).map((line, j) => {
        if (j === 0) return `${isLast ? '└─' : '├─'} ${line}`
        return `${isLast ? '  ' : '│ '} ${line}`
      })
    }),
  ]
}
